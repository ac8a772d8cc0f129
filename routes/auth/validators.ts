import { Ajv, type AnySchema, type ValidateFunction } from 'ajv'

/** The host's validator may coerce types and accept `deviceId: 1`, so this is a strict one. */
const ajv = new Ajv()

/**
 * By the text of the schema. Apps of one process, as tests build them, have the same schemas in objects of their own: Ajv
 * would compile and keep each of those, as long as the process lives.
 */
const validators = new Map<string, ValidateFunction>()

export function validatorOf (schema: AnySchema): ValidateFunction {
  const text = JSON.stringify(schema)
  const validator = validators.get(text) ?? ajv.compile(schema)
  validators.set(text, validator)
  return validator
}
