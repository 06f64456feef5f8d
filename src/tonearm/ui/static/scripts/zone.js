// The browser knows the zone its person lives in.
export default () => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = document.querySelector('input[data-guess-zone="yes"]');
  if (field && zone) field.value = zone;
  const hint = document.querySelector("[data-zone-hint]");
  const present = document.querySelector('input[name="zone"]');
  if (hint && zone && present && present.value !== zone) {
    hint.querySelector("b").textContent = zone;
    hint.hidden = false;
  }
};
