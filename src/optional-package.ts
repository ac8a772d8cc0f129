import { PackageMissing } from './errors.js'

/**
 * Says what to install if an optional peer dependency is missing. Call it in the `catch` of the `import` itself:
 * bundlers then accept that the package is not there.
 *
 * @param neededBy the option that needs the package
 * @throws AUTH_PACKAGE_MISSING
 * @example const { Redis } = await import('ioredis').catch(orInstall('ioredis', 'limits.redisUrl'))
 */
export function orInstall (name: string, neededBy: string): (err: unknown) => never {
  return (err) => {
    const { code, message } = err as NodeJS.ErrnoException
    // A package that is there but lacks one of its own dependencies is another problem.
    const isMissing = /MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(name)
    if (isMissing) throw new PackageMissing(neededBy, name, { cause: err })
    throw err
  }
}

/** Whether a package can be loaded. Does not load it. */
export function isInstalled (name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
