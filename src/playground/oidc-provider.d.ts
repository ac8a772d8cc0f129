/** The part of oidc-provider that is used here and in tests; the package ships no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  interface Interaction {
    prompt: { name: 'login' | 'consent' }
    params: { client_id: string, scope: string }
    session?: { accountId: string }
  }

  interface Grant {
    addOIDCScope (scope: string): void
    save (): Promise<string>
  }

  interface Account {
    accountId: string
    claims (): { sub: string } & Record<string, unknown>
  }

  export class Provider {
    constructor (issuer: string, configuration: object)
    readonly Grant: new (properties: { accountId: string, clientId: string }) => Grant
    callback (): RequestListener
    interactionDetails (request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished (request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
    interactionResult (request: IncomingMessage, response: ServerResponse, result: object): Promise<string>
  }

  export type FindAccount = (context: unknown, id: string) => Promise<Account | undefined>
}
