import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CORE_SOCKET_UNUSABLE } from './errors.js'

/*
 * Where the Unix socket of a Core is. Whoever can connect to it can change any account, so it is in a directory that only one
 * user may enter: that also keeps others from putting a socket or a link of their own there (CWE-59).
 */

/** What `sockaddr_un` holds, without the byte that ends it: longer paths are refused, or cut by some systems. */
const MOST_BYTES = process.platform === 'linux' ? 107 : 103

const OTHERS = 0o077

/** The socket that belongs to a file of a Core, in a directory of its own beside it. */
export const socketBeside = (file: string): string => join(`${resolve(file)}.socket`, 'core.sock')

/**
 * The path of the socket for what the options say; undefined for none.
 *
 * @param socket a path; `true` for one beside the file, where there is a file and the system has such sockets
 * @throws CORE_SOCKET_UNUSABLE
 */
export function socketPathFor (socket: string | boolean, file: string): string | undefined {
  if (socket === false) return undefined
  const isWindows = process.platform === 'win32'
  // A pipe of Windows has no file whose permissions could be set.
  if (socket === true) return isWindows || file === ':memory:' ? undefined : fitting(socketBeside(file))
  if (isWindows) throw new CORE_SOCKET_UNUSABLE(socket, 'Windows has no sockets with file permissions. Use a port and a key instead')
  return fitting(resolve(socket))
}

function fitting (path: string): string {
  const bytes = Buffer.byteLength(path)
  if (bytes > MOST_BYTES) throw new CORE_SOCKET_UNUSABLE(path, `its path has ${bytes} bytes, and the system takes ${MOST_BYTES} at most. Choose a shorter one`)
  return path
}

/** Undefined for nothing. Never follows a link. @throws CORE_SOCKET_UNUSABLE where nobody may look */
export function statOf (path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new CORE_SOCKET_UNUSABLE(path, code === 'EACCES' ? 'it belongs to another user of this machine' : String(code))
  }
}

/**
 * Checks that only this user may enter the directory of a socket. Root may use that of anybody.
 *
 * @param create makes it where there is none
 * @param mend takes from others what they may do there, as some volumes give it to a group with each start
 * @returns false where there is none
 * @throws CORE_SOCKET_UNUSABLE
 */
export function checkDirectory (path: string, { create, mend = false }: { create: boolean, mend?: boolean }): boolean {
  const directory = dirname(path)
  if (create) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw new CORE_SOCKET_UNUSABLE(path, `its directory cannot be made (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  const found = statOf(directory)
  if (found === undefined) return false
  const own = process.getuid!()
  if (!found.isDirectory()) throw new CORE_SOCKET_UNUSABLE(path, 'what should be its directory is a link or a file')
  if (found.uid !== own && (create || own !== 0)) throw new CORE_SOCKET_UNUSABLE(path, 'its directory belongs to another user of this machine')
  if ((found.mode & OTHERS) === 0) return true
  if (!mend) throw new CORE_SOCKET_UNUSABLE(path, `others may enter its directory. Allow that to the service alone: chmod 700 ${directory}`)
  chmodSync(directory, 0o700)
  return true
}
