// Runs in a page.

/**
 * The texts, borders and lines of a page whose contrast is less than WCAG AA asks for: 4.5 for text, and 3 for large text
 * and for what is no text.
 */
export function weakContrasts() {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  /** Reads any color as red, green and blue, over a background. */
  function read(color, background = "white") {
    context.fillStyle = background;
    context.fillRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data.slice(0, 3);
  }

  function luminance(rgb) {
    const [red, green, blue] = Array.from(rgb, (byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function contrast(color, background) {
    const [one, other] = [read(color, background), read(background)].map(luminance);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }

  function backgroundOf(element) {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (backgroundColor !== "rgba(0, 0, 0, 0)") return backgroundColor;
    }
    return "white";
  }

  const weak = [];
  let checked = 0;
  function check(name, color, background, least) {
    checked++;
    const ratio = contrast(color, background);
    if (ratio < least) weak.push(`${name}: ${color} on ${background} is ${ratio.toFixed(2)}`);
  }

  for (const element of document.querySelectorAll("body, body *")) {
    if (!element.checkVisibility() || element.matches(":disabled")) continue;
    const { color, fontSize, fontWeight, borderTopColor } = getComputedStyle(element);
    const background = backgroundOf(element);
    const size = parseFloat(fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (hasText) check(element.outerHTML.slice(0, 80), color, background, isLarge ? 3 : 4.5);
    if (element.matches("input")) {
      check("a placeholder", getComputedStyle(element, "::placeholder").color, background, 4.5);
      check("the border of a field", borderTopColor, backgroundOf(element.parentElement), 3);
    }
  }
  const root = getComputedStyle(document.documentElement);
  const card = root.getPropertyValue("--card");
  for (const name of ["--first", "--second", "--accent"]) check(name, root.getPropertyValue(name), card, 3);
  for (const name of ["--quiet", "--good", "--bad"]) check(name, root.getPropertyValue(name), card, 4.5);
  if (checked < 60) weak.push(`only ${checked} colors were checked`);
  return weak;
}
