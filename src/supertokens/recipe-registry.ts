import type { AllRecipeConfigs, RecipeListFunction } from 'supertokens-node/types'
import { RegistryClosed } from '../errors.js'

/** Loaded at start, so that recipes that a configuration does not use cost no start-up time. */
const RECIPES = {
  dashboard: () => import('supertokens-node/recipe/dashboard'),
  emailpassword: () => import('supertokens-node/recipe/emailpassword'),
  emailverification: () => import('supertokens-node/recipe/emailverification'),
  multitenancy: () => import('supertokens-node/recipe/multitenancy'),
  passwordless: () => import('supertokens-node/recipe/passwordless'),
  session: () => import('supertokens-node/recipe/session'),
  thirdparty: () => import('supertokens-node/recipe/thirdparty'),
  usermetadata: () => import('supertokens-node/recipe/usermetadata'),
  userroles: () => import('supertokens-node/recipe/userroles')
}

/**
 * Recipes that the registry can start. Account linking is excluded: linking from an unfinished session would bypass the
 * second factor.
 */
export type RecipeId = keyof typeof RECIPES

/** A recipe's own settings. Distributes over unions, since some recipes take one of several forms. */
type WithoutOverride<Config> = Config extends unknown ? Omit<Config, 'override'> : never
type OverrideOf<Id extends RecipeId> = NonNullable<AllRecipeConfigs[Id]['override']>
type Implementation<Override> = Override extends (original: infer Original, ...rest: never[]) => unknown ? Original : never

/** Wraps a recipe's functions or APIs, like SuperTokens' own `override`. */
export interface RecipeOverride<Id extends RecipeId> {
  functions?: (original: Implementation<OverrideOf<Id>['functions']>) => Implementation<OverrideOf<Id>['functions']>
  apis?: (original: Implementation<OverrideOf<Id>['apis']>) => Implementation<OverrideOf<Id>['apis']>
}

/** An override with its recipe's types erased. `override` checks the types; the list only composes. */
type Layer = (original: object) => object

/**
 * Hands the layers to the SDK's override builder, which calls each with its own proxy. A plain reduce would call one
 * proxy through another.
 */
function compose (layers: Layer[], replaces: (name: string) => void) {
  return (original: object, builder: { override (layer: Layer): unknown }): object => {
    for (const layer of layers) {
      builder.override((lower) => {
        const upper = layer(lower)
        for (const [name, value] of Object.entries(upper)) {
          if (value !== (lower as Record<string, unknown>)[name]) replaces(name)
        }
        return upper
      })
    }
    return { ...original }
  }
}

interface Entry {
  config: object
  functions: Layer[]
  apis: Layer[]
}

/**
 * Collects recipes and overrides from plugins until the app is ready. supertokens-node takes one list, once. Here each
 * concern adds its own layer. Layers are composed in the order of registration, the first one innermost.
 */
export function createRecipeRegistry () {
  const entries = new Map<RecipeId, Entry>()
  const checks: (() => void)[] = []
  /** `recipe.name` for each function or API that a layer replaces. */
  const replaced: string[] = []
  let closed = false

  function open (id: RecipeId): Entry {
    if (closed) throw new RegistryClosed(id)
    const entry = entries.get(id) ?? { config: {}, functions: [], apis: [] }
    entries.set(id, entry)
    return entry
  }

  return {
    /** Starts a recipe, or adds settings to one that another plugin started. */
    add<Id extends RecipeId> (id: Id, config: WithoutOverride<AllRecipeConfigs[Id]>): void {
      const entry = open(id)
      entry.config = { ...entry.config, ...config }
    },

    /** Wraps everything registered for this recipe so far. */
    override<Id extends RecipeId> (id: Id, override: RecipeOverride<Id>): void {
      const entry = open(id)
      if (override.functions !== undefined) entry.functions.push(override.functions as unknown as Layer)
      if (override.apis !== undefined) entry.apis.push(override.apis as unknown as Layer)
    },

    /**
     * Counts the layers that replace a function of a recipe (or an API, as `apis.name`). Known once the SDK has
     * started.
     */
    overrides (id: RecipeId, name: string): number {
      return replaced.filter((other) => other === `${id}.${name}`).length
    },

    has (id: RecipeId): boolean {
      return entries.has(id)
    },

    /**
     * Runs `check` before the SDK starts. An error stops the boot while it is still possible: a failed init cannot be
     * repeated.
     */
    beforeClose (check: () => void): void {
      checks.push(check)
    },

    /** Closes the registry and returns the recipe list for `supertokens.init`. Nothing can be added afterwards. */
    async close (): Promise<RecipeListFunction[]> {
      for (const check of checks) check()
      closed = true
      return await Promise.all([...entries].map(async ([id, { config, functions, apis }]) => {
        const { init } = await RECIPES[id]()
        return init({
          ...config,
          override: {
            functions: compose(functions, (name) => { replaced.push(`${id}.${name}`) }),
            apis: compose(apis, (name) => { replaced.push(`${id}.apis.${name}`) })
          }
        } as never)
      }))
    }
  }
}

export type RecipeRegistry = ReturnType<typeof createRecipeRegistry>
