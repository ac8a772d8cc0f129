/** How the connection to Redis is doing. */
export interface RedisState {
  readonly isConnected: boolean
  /** Commands that failed since the start. */
  readonly errors: number
}
