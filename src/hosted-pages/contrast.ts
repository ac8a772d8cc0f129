/** The light that a colour gives (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance). @param colour such as `#1d4ed8` */
function luminanceOf (colour: string): number {
  const digits = colour.slice(1)
  const hex = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits
  const [red = 0, green = 0, blue = 0] = [0, 2, 4]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Below this, many people cannot read a text (WCAG 2.2, 1.4.3). */
export const READABLE = 4.5

/** How well two colours can be told apart, from 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). */
export function contrastOf (a: string, b: string): number {
  const [x, y] = [luminanceOf(a), luminanceOf(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}
