/** Where a PostgreSQL is, and who asks. */
export interface PostgresAddress {
  /** A name, an address, or the directory of a Unix socket. */
  host: string
  port: number
  user: string
  password: string
  database: string
  /** Whether the connection is encrypted, and the server's certificate and name are verified. */
  tls: boolean
  /** A file with the certificates that vouch for the server. Node's own if there is none. */
  caFile: string | undefined
}

const PARAMETERS = ['sslmode', 'sslrootcert']
/** `require` verifies, too: who encrypts for somebody unknown may encrypt for the attacker. */
const VERIFIED = ['require', 'verify-ca', 'verify-full']
/** `allow` and `prefer` would go on without TLS where somebody in between says so. */
const MODES = ['disable', ...VERIFIED]

const isPort = (port: string): boolean => port === '' || (Number(port) > 0 && Number(port) < 65_536)

function decoded (text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Reads an address, or says what is wrong with it. Quotes nothing of it: it may have a password anywhere. */
function read (value: unknown): PostgresAddress | string {
  if (typeof value !== 'string' || !/^postgres(?:ql)?:\/\/[^\s\\]+$/.test(value) || !URL.canParse(value)) return 'must look like postgres://user:password@host:5432/database'
  const { hostname, port, username, password, pathname, searchParams, hash } = new URL(value)
  const [host, user, secret, database] = [hostname.replace(/^\[|\]$/g, ''), username, password, pathname.slice(1)].map(decoded)
  if (host === undefined || user === undefined || secret === undefined || database === undefined) return 'has a % that must be written as %25'
  if (host === '' || user === '' || database === '') return 'must name a host, a user and a database'
  if (!isPort(port) || database.includes('/') || hash !== '') return 'must look like postgres://user:password@host:5432/database'
  if ([...searchParams.keys()].some((name) => !PARAMETERS.includes(name))) return `has parameters other than ${PARAMETERS.join(' and ')}`
  const mode = searchParams.get('sslmode') ?? 'disable'
  const caFile = searchParams.get('sslrootcert') ?? undefined
  if (!MODES.includes(mode)) return `has an sslmode that is none of ${MODES.join(', ')}`
  const tls = VERIFIED.includes(mode)
  if (caFile !== undefined && !tls) return 'has sslrootcert without an sslmode that verifies, such as verify-full'
  return { host, port: port === '' ? 5432 : Number(port), user, password: secret, database, tls, caFile }
}

/** What is wrong with the URL of a PostgreSQL; undefined if nothing is. */
export function postgresUrlProblem (value: unknown): string | undefined {
  const result = read(value)
  return typeof result === 'string' ? result : undefined
}

/** Call {@link postgresUrlProblem} first. */
export function postgresAddress (url: string): PostgresAddress {
  const result = read(url)
  if (typeof result === 'string') throw new TypeError(`the URL of PostgreSQL ${result}`)
  return result
}

/** The address for people: without user and password. */
export const nameOf = ({ host, port, database }: PostgresAddress): string => `PostgreSQL ${host}:${port}/${database}`
