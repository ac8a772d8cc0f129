import { InputTooLong } from './errors.js'

/** Characters that the columns of a Core on PostgreSQL hold. A longer text makes its insert fail with a 500. */
export const CORE_WIDTHS = { account: 256, thirdPartyId: 28, role: 255, userId: 128, tenantId: 64 } as const

/** Characters as PostgreSQL counts them. Lower-casing, which the Core does first, makes some letters two. */
function widthOf (text: string): number {
  const count = (one: string): number => [...one].length
  return Math.max(count(text), count(text.toLowerCase()))
}

/** Whether a text has at most `width` characters, before and after the Core has normalised it. */
export function fits (text: string, width: number = CORE_WIDTHS.account): boolean {
  // Neither counts whole megabytes nor lets a short text pay for it: a character has two units at most.
  return text.length <= width * 2 && widthOf(text) <= width
}

/** Widths of the texts and lists of texts in a function's input, by name. */
type Widths = Record<string, number>

function check (input: object, widths: Widths): void {
  for (const [name, width] of Object.entries(widths)) {
    const texts: unknown[] = [Reflect.get(input, name)].flat()
    if (texts.some((text) => typeof text === 'string' && !fits(text.trim(), width))) throw new InputTooLong(name, width)
  }
}

/**
 * Checks what a host hands to the functions of a recipe, before the Core gets it: the Core's own refusal would be a
 * plain error, and so a 500 for what the host's client has typed.
 *
 * @returns only the functions that are named, for a layer of the recipe registry
 */
export function checkLengths<Functions extends object> (original: Functions, widths: Partial<Record<keyof Functions, Widths>>): Functions {
  const functions = original as Record<string, (input: object) => Promise<unknown>>
  const checked = Object.entries(widths as Record<string, Widths>).map(([name, texts]) => [name, async (input: object) => {
    check(input, texts)
    return await functions[name]!(input)
  }])
  return { ...original, ...Object.fromEntries(checked) as Partial<Functions> }
}
