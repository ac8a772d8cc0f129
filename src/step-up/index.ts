import { challengeIn, type Challenge } from './challenge.js'

export { challengeIn, type Challenge } from './challenge.js'

/** As in browsers. */
export type Fetch = typeof globalThis.fetch

export interface StepUpOptions {
  /**
   * Has the person pass a second factor, and says whether it passed. Parallel requests share one call. `signal` aborts
   * when nobody waits for it any more. Make requests of your own with `fetch` of the second argument: they would wait for
   * themselves otherwise.
   */
  ask (challenge: Challenge & { signal: AbortSignal }, fetch: Fetch): Promise<boolean> | boolean
  /** Origins whose answers may ask for a factor. @default all that are called */
  origins?: readonly string[]
}

interface Prompt {
  factors: string | undefined
  outcome: Promise<boolean>
  waiting: number
  abort: AbortController
}

type Input = Parameters<Fetch>[0]
type Init = Parameters<Fetch>[1]

/** One request, twice. A body that can be read only once is split before it is sent. */
function twice (input: Input, init: Init): [[Input, Init], [Input, Init]] {
  if (init?.body instanceof ReadableStream) {
    const [first, second] = init.body.tee()
    return [[input, { ...init, body: first }], [input, { ...init, body: second }]]
  }
  const again = input instanceof Request ? input.clone() : input
  return [[input, init], [again, { ...init }]]
}

/** Frees what a request that is not repeated has kept of its body. */
function release ([input, init]: [Input, Init]): void {
  const body = init?.body instanceof ReadableStream ? init.body : input instanceof Request ? input.body : null
  body?.cancel().catch(() => {})
}

async function challengeOf (response: Response): Promise<Challenge | undefined> {
  const { status, headers } = response
  if (status !== 401 && status !== 403) return undefined
  const isJson = /\bjson\b/.test(headers.get('content-type') ?? '')
  const body: unknown = isJson ? await response.clone().json().catch(() => undefined) : undefined
  return challengeIn(status, body, headers.get('www-authenticate'))
}

/** Whose answer it is. Responses that a page has made itself have no address. */
function originOf (response: Response, input: Input): string {
  const { document } = globalThis as { document?: { baseURI: string } }
  return new URL(response.url || (input instanceof Request ? input.url : input), document?.baseURI).origin
}

/** What a prompt says about a challenge for these factors; undefined if nothing. */
async function answerOf (prompt: Prompt, factors: string | undefined): Promise<boolean | undefined> {
  if (prompt.factors === factors) return await prompt.outcome
  // Any factor that has just passed is young enough for a route that takes all.
  const passed = await prompt.outcome.catch(() => false)
  return passed && factors === undefined ? true : undefined
}

/**
 * Wraps `fetch`: when a route asks for a second factor, or a more recent one, it has the person pass one and repeats the
 * request, once. Every other answer, and that of the repeated request, goes to the caller as it is.
 */
export function stepUp (fetch: Fetch, { ask, origins }: StepUpOptions): Fetch {
  /** One at a time; the one that ended last; how many have ended. */
  const prompts: { open?: Prompt | undefined, last?: Prompt, ended: number } = { ended: 0 }

  function close (prompt: Prompt): void {
    if (prompts.open === prompt) prompts.open = undefined
  }

  function begin (challenge: Challenge, factors: string | undefined): Prompt {
    const abort = new AbortController()
    // Not at once: what `ask` throws must not come before the prompt is open.
    const outcome = Promise.resolve().then(async () => await ask({ ...challenge, signal: abort.signal }, fetch) === true)
    const prompt: Prompt = { factors, outcome, waiting: 0, abort }
    const end = (): void => {
      // Nobody waited for its outcome, so it is none for those who come late.
      if (abort.signal.aborted) return
      prompts.ended++
      prompts.last = prompt
      close(prompt)
    }
    // Whoever waits gets the error. Those who have left do not.
    outcome.then(end, end)
    return prompt
  }

  /** Waits for what a prompt says, until the request is aborted. */
  async function wait (prompt: Prompt, factors: string | undefined, signal: AbortSignal | null | undefined): Promise<boolean | undefined> {
    prompt.waiting++
    let leave = (): void => {}
    try {
      return await Promise.race([answerOf(prompt, factors), new Promise<never>((_resolve, reject) => {
        leave = () => { reject(signal?.reason) }
        signal?.addEventListener('abort', leave)
      })])
    } finally {
      signal?.removeEventListener('abort', leave)
      if (--prompt.waiting === 0 && prompts.open === prompt) {
        close(prompt)
        prompt.abort.abort()
      }
    }
  }

  async function passes (challenge: Challenge, sentAfter: number, signal: AbortSignal | null | undefined): Promise<boolean> {
    signal?.throwIfAborted()
    const factors = challenge.factors?.join(' ')
    // A prompt that ended while the request was under way answers it too: nobody is asked again.
    let prompt = sentAfter === prompts.ended ? prompts.open : prompts.last
    while (prompt !== undefined) {
      const answer = await wait(prompt, factors, signal)
      if (answer !== undefined) return answer
      prompt = prompts.open
    }
    prompts.open = begin(challenge, factors)
    return await wait(prompts.open, factors, signal) === true
  }

  return async function fetchWithStepUp (input, init) {
    const sentAfter = prompts.ended
    const [first, second] = twice(input, init)
    let spare: [Input, Init] | undefined = second
    try {
      const response = await fetch(...first)
      const challenge = await challengeOf(response)
      if (challenge === undefined || origins?.includes(originOf(response, input)) === false) return response
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      if (!await passes(challenge, sentAfter, signal)) return response
      spare = undefined
      response.body?.cancel().catch(() => {})
      return await fetch(...second)
    } finally {
      if (spare !== undefined) release(spare)
    }
  }
}
