import { createError } from '@fastify/error'

/** The real Core does not know the setting, or would refuse its value. */
export const CORE_CONFIG_INVALID = createError('CORE_CONFIG_INVALID', 'Invalid core config: %s', 500, TypeError)
/** An invalid option of `createEmbeddedCore`. */
export const CORE_OPTION_INVALID = createError('CORE_OPTION_INVALID', 'Option \'%s\' %s', 500, TypeError)
/** Without a key, anyone who can reach the port controls every account. Only a loopback host may go without one. */
export const CORE_API_KEY_REQUIRED = createError('CORE_API_KEY_REQUIRED', 'The embedded Core needs an API key to listen on %s, which is not a loopback address. Give an apiKey, or listen on 127.0.0.1', 500)
/** Another process owns the database file. */
export const CORE_FILE_IN_USE = createError('CORE_FILE_IN_USE', 'The database file %s is in use by another embedded Core. Only one process can own a file', 500)
/** The database file cannot be opened or written. */
export const CORE_FILE_UNUSABLE = createError('CORE_FILE_UNUSABLE', 'The database file %s cannot be used: %s', 500)
/** The database file was written by a later release. */
export const CORE_FILE_TOO_NEW = createError('CORE_FILE_TOO_NEW', 'The database file %s has schema version %d, and this release knows %d at most. Use the release that wrote it, or a later one', 500)
/** The secrets in the database file are encrypted. */
export const CORE_SECRET_KEY_REQUIRED = createError('CORE_SECRET_KEY_REQUIRED', 'The secrets in the database file %s are encrypted. Give the secret key that they were encrypted with (CORE_SECRET_KEY)', 500)
/** The secrets in the database file are encrypted with a key that is not among those given. */
export const CORE_SECRET_KEY_WRONG = createError('CORE_SECRET_KEY_WRONG', 'The secrets in the database file %s are encrypted with a secret key that was not given, or were tampered with. Add the key that they were encrypted with after the new one (CORE_SECRET_KEY=new,old)', 500)
/** The database file was written by an earlier release and can only be read after a migration. */
export const CORE_FILE_TOO_OLD = createError('CORE_FILE_TOO_OLD', 'The database file %s has schema version %d, and this release reads %d. If it is the file of an embedded Core, start one of this release on it once', 500)
/** The Unix socket cannot be made safely. */
export const CORE_SOCKET_UNUSABLE = createError('CORE_SOCKET_UNUSABLE', 'The socket %s cannot be used: %s', 500)
/** Another process listens on the Unix socket. */
export const CORE_SOCKET_IN_USE = createError('CORE_SOCKET_IN_USE', 'The socket %s is in use by another embedded Core. Give each a path of its own', 500)
/** More passwords are waiting to be hashed than can be hashed in time. The message is sent to clients. */
export const CORE_OVERLOADED = createError('CORE_OVERLOADED', 'Too many passwords are waiting', 503)
/** The disk is full. Writes are refused until there is room. The message is sent to clients. */
export const CORE_DISK_FULL = createError('CORE_DISK_FULL', 'The storage is full', 503)
/** The database file is read-only, as on a disk remounted after an error. The message is sent to clients. */
export const CORE_FILE_READ_ONLY = createError('CORE_FILE_READ_ONLY', 'The storage is read-only', 503)
/** Reading or writing fails on the disk. The message is sent to clients. */
export const CORE_DISK_FAILING = createError('CORE_DISK_FAILING', 'The storage fails', 503)
