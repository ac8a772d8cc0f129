/** Names in a `Cookie` header, as browsers send them: the SDK decodes them when it counts, and so does this. */

export const namesIn = (cookie: string): string[] => cookie.split(';').map((pair) => pair.trim().split('=', 1)[0]!)

export function decoded (name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
