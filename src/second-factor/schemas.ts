/** JSON Schemas (draft 7) of what factors' endpoints take. */
export const text = (maxLength: number) => ({ type: 'string', maxLength })

export const object = (properties: Record<string, object>, required: readonly string[] = []) => ({ type: 'object', properties, required })
