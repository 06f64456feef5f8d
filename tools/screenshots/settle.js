// Words that differ from run to run become the same in each: secrets that were made up, and when that was.
(day) => {
  const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(2);
  const same = (all, head) => head + LETTERS.slice(0, all.length - head.length);
  const clock = (all, date) => (Date.parse(`${date.replace(/\s/g, " ")} UTC`) >= Date.parse(`${day} UTC`) ? `${date}, 12:00` : all);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const settled = node.data
      .replace(/(tnrm_|\/s\/|invitation=|token=)[\w-]{6,}/g, same)
      .replace(/()\b(?=[a-f]*\d)[\da-f]{16,}\b/g, same)
      .replace(/(\d{1,2}\s[A-Z][a-z]{2}\s\d{4}),\s\d\d:\d\d/g, clock)
      .replace(/\b\d+(\.\d+)?\sms\b/g, "12 ms");
    if (settled !== node.data) node.data = settled;
  }
}
