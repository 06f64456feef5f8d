// A picture again, with at most 256 colours: the commonest, those that are like none of them, and for the others whichever is
// nearest. That is a third of the bytes.
async (encoded) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes(encoded)], { type: "image/png" }));
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer); // ABGR, all of them opaque
  const counts = new Map(); // of runs, of which there are far fewer than pixels
  for (let at = 0, from = 0; at <= pixels.length; at += 1) {
    if (at < pixels.length && pixels[at] === pixels[from]) continue;
    counts.set(pixels[from], (counts.get(pixels[from]) ?? 0) + at - from);
    from = at;
  }
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const far = ([r, g, b], [red, green, blue]) => 3 * (r - red) ** 2 + 6 * (g - green) ** 2 + (b - blue) ** 2;
  const common = [...counts].sort((one, other) => other[1] - one[1] || one[0] - other[0]).map(([pixel]) => pixel);
  const palette = common.slice(0, 128);
  const rest = common.slice(128).map((pixel) => ({ pixel, off: Math.min(...palette.map((other) => far(parts(pixel), parts(other)))) }));
  while (palette.length < 256 && rest.length) {
    const worst = rest.reduce((found, one) => (one.off > found.off ? one : found));
    palette.push(worst.pixel);
    for (const one of rest) one.off = Math.min(one.off, far(parts(one.pixel), parts(worst.pixel)));
  }
  const rgb = palette.map(parts);
  const places = new Map(palette.map((pixel, place) => [pixel, place]));
  const nearest = (pixel) => rgb.reduce((best, colour, place) => (far(colour, parts(pixel)) < far(rgb[best], parts(pixel)) ? place : best), 0);
  const rows = new Uint8Array(height * (width + 1)); // before each row the filter, which is none
  for (let y = 0, from = 0, last = -1, place = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, from += 1) {
      const pixel = pixels[from];
      if (pixel !== last) {
        if (!places.has(pixel)) places.set(pixel, nearest(pixel));
        [last, place] = [pixel, places.get(pixel)];
      }
      rows[y * (width + 1) + 1 + x] = place;
    }
  }
  const packed = new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate")));
  const table = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n; });
  const chunk = (name, data) => {
    const whole = new Uint8Array(12 + data.length);
    const view = new DataView(whole.buffer);
    view.setUint32(0, data.length);
    whole.set([...name].map((letter) => letter.charCodeAt(0)), 4);
    whole.set(data, 8);
    const sum = whole.subarray(4, -4).reduce((crc, byte) => table[(crc ^ byte) & 255] ^ (crc >>> 8), -1);
    view.setUint32(8 + data.length, ~sum >>> 0);
    return whole;
  };
  const head = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = new Uint8Array(await packed.arrayBuffer());
  const png = new Blob([signature, chunk("IHDR", head), chunk("PLTE", new Uint8Array(rgb.flat())), chunk("IDAT", data), chunk("IEND", new Uint8Array())]);
  const reader = new FileReader();
  reader.readAsDataURL(png);
  await new Promise((done) => { reader.onload = done; });
  return reader.result.split(",")[1];
}
