/** Whether a host name means this machine, so that traffic to it needs no TLS. */
export function isLoopback (host: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/.test(host)
}
