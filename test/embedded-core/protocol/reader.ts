// How the protocol reads a call, written from the recorded exchanges and the protocol's description alone: it shares no
// code with the embedded Core.

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value }
export type Fields = Record<string, Value>

export class Refused extends Error {
  constructor (readonly status: number, readonly text: string) { super(text) }
}

export const refuse = (text: string, status = 400): never => { throw new Refused(status, text) }

const single = (value: Value | undefined): Value | undefined => Array.isArray(value) && value.length === 1 ? single(value[0]) : value
const isObject = (value: Value | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of a JSON object. Each method refuses what the protocol does not take. `maybe` takes what is absent. */
export function fieldsOf (given: Fields) {
  const invalid = (name: string): never => refuse(`Field name '${name}' is invalid in JSON input`)
  const textIn = (value: Value | undefined, name: string): string => {
    const one = single(value)
    return typeof one === 'string' ? one : invalid(name)
  }
  const whole = (name: string, bits: number): number => {
    const one = single(given[name])
    if (typeof one === 'string') {
      const number = /^[+-]?\d+$/.test(one) ? Number(one) : NaN
      return number >= -(2 ** (bits - 1)) && number < 2 ** (bits - 1) ? number : invalid(name)
    }
    return typeof one === 'number' ? Number(BigInt.asIntN(bits, BigInt(Math.trunc(one)))) : invalid(name)
  }
  const read = {
    has: (name: string) => name in given,
    isNull: (name: string) => given[name] === null,
    text: (name: string) => textIn(given[name], name),
    flag (name: string): boolean {
      const one = single(given[name])
      return typeof one === 'boolean' || typeof one === 'number' ? one === true : invalid(name)
    },
    object (name: string): Fields {
      const value = given[name]
      return isObject(value) ? value : invalid(name)
    },
    list (name: string): Value[] {
      const value = given[name]
      return Array.isArray(value) ? value : invalid(name)
    },
    texts: (name: string, check: (text: string) => void = () => {}): string[] => read.list(name).map((value) => {
      const text = textIn(value, name)
      check(text)
      return text
    }),
    int: (name: string) => whole(name, 32),
    long: (name: string) => whole(name, 64),
    maybe: <T>(method: (name: string) => T, name: string): T | undefined => name in given ? method(name) : undefined
  }
  return read
}

export function queryOf (given: Record<string, string>) {
  return {
    maybe: (name: string): string | undefined => given[name],
    text: (name: string): string => given[name] ?? refuse(`Field name '${name}' is missing in GET request`)
  }
}

/** Refuses what is empty once trimmed. `called` is the name in the message. */
export const filled = (text: string, called: string): string => text.trim() === '' ? refuse(`Field name '${called}' cannot be an empty String`) : text.trim()
