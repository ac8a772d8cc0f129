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
    const { code = '', message } = err as NodeJS.ErrnoException
    // "Cannot find package 'ioredis' imported from …", and Yarn's "… tried to access ioredis, but …". A package that is
    // there but lacks one of its own dependencies is another problem: then its name is part of a path.
    const [what = ''] = message.split('\n')
    if (code.endsWith('MODULE_NOT_FOUND') && (what.includes(`'${name}'`) || what.includes(`access ${name}`))) throw new PackageMissing(neededBy, name, { cause: err })
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
