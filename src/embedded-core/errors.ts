import createError from '@fastify/error'

/** A setting that the Core does not know, or a value it cannot use. */
export const CORE_CONFIG_INVALID = createError('CORE_CONFIG_INVALID', 'Invalid core config: %s', 500, TypeError)
/** An option of createEmbeddedCore that makes no sense. */
export const CORE_OPTION_INVALID = createError('CORE_OPTION_INVALID', 'Option \'%s\' %s', 500, TypeError)
/** Without a key everyone who reaches the port owns every account: only loopback may go without. */
export const CORE_API_KEY_REQUIRED = createError('CORE_API_KEY_REQUIRED', 'An API key is required when the embedded Core listens on %s, which is not a loopback address', 500)
/** Another process owns the database file. */
export const CORE_FILE_IN_USE = createError('CORE_FILE_IN_USE', 'The database file %s is in use by another embedded Core: one process owns a file', 500)
/** The database file cannot be opened or written. */
export const CORE_FILE_UNUSABLE = createError('CORE_FILE_UNUSABLE', 'The database file %s cannot be used: %s', 500)
/** The database file was written by a later release. */
export const CORE_FILE_TOO_NEW = createError('CORE_FILE_TOO_NEW', 'The database file %s has schema version %d, this release knows %d at most: use the release that wrote it, or a later one', 500)
/** The secrets in the database file are encrypted. */
export const CORE_SECRET_KEY_REQUIRED = createError('CORE_SECRET_KEY_REQUIRED', 'The secrets in the database file %s are encrypted: give the secret key (CORE_SECRET_KEY) they were encrypted with', 500)
/** The secrets in the database file are encrypted with a key that is not among those given. */
export const CORE_SECRET_KEY_WRONG = createError('CORE_SECRET_KEY_WRONG', 'The secrets in the database file %s are encrypted with another secret key than those given, or were tampered with: add the key they were encrypted with after the new one (CORE_SECRET_KEY=new,old)', 500)
/** The database file was written by an earlier release, and is only to be read. */
export const CORE_FILE_TOO_OLD = createError('CORE_FILE_TOO_OLD', 'The database file %s has schema version %d, this release reads %d: if it is an embedded Core\'s, run one on it once', 500)
/** The disk is full: what has to be written is refused, until there is room. Clients read this. */
export const CORE_DISK_FULL = createError('CORE_DISK_FULL', 'The storage is full', 503)
/** The database file may no longer be written, as on a disk that was mounted anew after an error. Clients read this. */
export const CORE_FILE_READ_ONLY = createError('CORE_FILE_READ_ONLY', 'The storage is read-only', 503)
/** The disk refuses to read or write. Clients read this. */
export const CORE_DISK_FAILING = createError('CORE_DISK_FAILING', 'The storage fails', 503)
