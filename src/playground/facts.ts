/** What the page has to know of the service. All of it is public. */
export interface Facts {
  appName: string
  /** Where the browser calls the service. */
  api: string
  /** Path of the Frontend Driver Interface, as clients write it. */
  authPath: string
  /** What clients write before `/sessioninfo`, `/dev/outbox` and the like. */
  routesPath: string
  websiteBasePath: string
  firstFactor: 'email-password' | 'phone-password'
  emailVerification: 'off' | 'optional' | 'required'
  passwordReset: boolean
  /** Ids of the second factors. */
  secondFactors: string[]
  /** Key of the claim that says whether the second factor has passed. */
  claim: string
  tokenTransferMethod: 'cookie' | 'header'
  providers: Array<{ id: string, name: string }>
  /** By how many seconds the clock can be moved; none if others share it. */
  clockSteps: Record<string, number>
}
