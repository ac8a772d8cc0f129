import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { ReqResInfo, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toSdkRequest, toSdkResponse } from '../supertokens/adapter.js'
import { antiCsrfHeader } from './request-token.js'
import type { VerifiedToken } from './verified-token.js'

/**
 * A request whose token is in the cache. The session object and the SDK's views of request and reply are needed only by
 * some handlers, so they are created on first use. It is a class so that the getters sit on a prototype: a literal per
 * request cost V8 a third of its time.
 */
export class Admission implements ReqResInfo {
  /** The rule of the guard that admitted the request. */
  admittedBy: object | undefined = undefined
  private attached: SessionContainerInterface | undefined = undefined
  private sdkRequest: BaseRequest | undefined = undefined
  private sdkResponse: BaseResponse | undefined = undefined

  constructor (
    readonly verified: VerifiedToken,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    readonly transferMethod: 'cookie' | 'header'
  ) {}

  get req (): BaseRequest {
    return (this.sdkRequest ??= toSdkRequest(this.request))
  }

  get res (): BaseResponse {
    return (this.sdkResponse ??= toSdkResponse(this.reply))
  }

  /** This request's session object as the SDK's `getSession` returns it, not yet attached to the reply. */
  detachedSession (): SessionContainerInterface {
    return this.verified.cloneSession(antiCsrfHeader(this.request.headers))
  }

  /** This request's session object, attached to its reply. */
  get session (): SessionContainerInterface {
    if (this.attached === undefined) {
      this.attached = this.detachedSession()
      // Needs no await: it writes only if the token was replaced, which a cached one was not.
      this.attached.attachToRequestResponse(this)
    }
    return this.attached
  }
}
