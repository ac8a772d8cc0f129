/** An error reply to the client. The real Core sends these as plain text, never as JSON. */
export interface Refusal extends Error { statusCode: number, refusal: true }

export function refuse (statusCode: number, text: string): Refusal {
  return Object.assign(new Error(text), { statusCode, refusal: true as const })
}

export function badRequest (text: string): Refusal {
  return refuse(400, text)
}

export function isRefusal (error: unknown): error is Refusal {
  return error instanceof Error && 'refusal' in error
}
