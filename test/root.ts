import { fileURLToPath } from 'node:url'

/** The repository. Tests run compiled, in `dist/test`; what they read beside code stays in the source tree. */
export const ROOT = new URL('../../', import.meta.url)

/** Path of a file or folder of the repository, for example `pathTo('docs/errors.md')`. */
export const pathTo = (path: string): string => fileURLToPath(new URL(path, ROOT))
