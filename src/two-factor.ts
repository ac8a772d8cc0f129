import type { FastifyInstance } from 'fastify'
import { RegisteredTwice } from './errors.js'

/**
 * What the plugins share, as `app.twoFactor`. Each plugin declares its part and adds it with {@link share}. One decorator
 * for all of them, because a host has a `mail`, a `core` or `limits` of its own.
 */
// Empty here: the plugins fill it by declaration merging.
export interface TwoFactor {}

declare module 'fastify' {
  interface FastifyInstance {
    readonly twoFactor: TwoFactor
  }
}

/**
 * Adds a plugin's part to `app.twoFactor`.
 *
 * @throws AUTH_REGISTERED_TWICE if the app has this part already
 */
export function share<Part extends keyof TwoFactor> (app: FastifyInstance, part: Part, value: TwoFactor[Part]): void {
  define(app, part, { value })
}

/** The same for what changes: it is read anew each time. */
export function shareGetter<Part extends keyof TwoFactor> (app: FastifyInstance, part: Part, get: () => TwoFactor[Part]): void {
  define(app, part, { get })
}

function define (app: FastifyInstance, part: keyof TwoFactor, property: PropertyDescriptor): void {
  if (!app.hasDecorator('twoFactor')) app.decorate('twoFactor', {} as TwoFactor)
  if (part in app.twoFactor) throw new RegisteredTwice(part)
  Object.defineProperty(app.twoFactor, part, { ...property, enumerable: true })
}
