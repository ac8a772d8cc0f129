import { CORE_SECRET_KEY_WRONG } from '../errors.js'
import { blindIndex, type SealingKey } from './key-ring.js'

/** Columns by whose values rows are looked up. */
export type Indexed = 'email' | 'phone' | 'provider_user_id' | 'name'
type Values<K extends Indexed> = Record<K, string | null>
/** As they are stored. `sealed` holds the values where the columns hold blind indexes. */
export type Stored<K extends Indexed> = Values<K> & { sealed: string | null }

/**
 * How personal data is written: as it is or, with `encryption: 'all'`, sealed. Then a column by which rows are looked up holds
 * a blind index, and one more column the values. `owner` binds a value to its row: a row that somebody who may write to the
 * file copies over another one does not open.
 */
export interface Personal {
  readonly isSealed: boolean
  /** What the column holds for a value. */
  index (column: Indexed, value: string): string
  write <K extends Indexed>(values: Values<K>, owner: string): Stored<K>
  /** @throws CORE_SECRET_KEY_WRONG */
  read <K extends Indexed>(stored: Stored<K>, owner: string): Values<K>
  /** For a column that is only read back. */
  seal (text: string, owner: string): string
  /** @throws CORE_SECRET_KEY_WRONG */
  open (text: string, owner: string): string
  /** For one that may be empty, in a row that nobody without the key may add: nothing is sealed, too. */
  sealNote (note: string | null, owner: string): string | null
  /** @throws CORE_SECRET_KEY_WRONG */
  openNote (note: string | null, owner: string): string | null
}

export const unsealed: Personal = {
  isSealed: false,
  index: (_column, value) => value,
  write: (values) => ({ ...values, sealed: null }),
  read: (stored) => stored,
  seal: (text) => text,
  open: (text) => text,
  sealNote: (note) => note,
  openNote: (note) => note
}

/** @param key makes the blind indexes */
export function sealedPersonal ({ seal, open }: Pick<Personal, 'seal' | 'open'>, key: SealingKey, file: string): Personal {
  const index = (column: Indexed, value: string): string => blindIndex(key, column, value)

  return {
    isSealed: true,
    index,
    write (values, owner) {
      const indexes = Object.entries<string | null>(values).map(([column, value]) => [column, value === null ? null : index(column as Indexed, value)])
      return { ...Object.fromEntries(indexes) as typeof values, sealed: seal(JSON.stringify(values), owner) }
    },
    read (stored, owner) {
      const values = JSON.parse(open(stored.sealed ?? '', owner)) as typeof stored
      // A row must be found by what it holds alone: otherwise a copied index would make one account answer for another.
      for (const [column, value] of Object.entries<string | null>(values)) {
        if (stored[column as keyof typeof stored] !== (value === null ? null : index(column as Indexed, value))) throw new CORE_SECRET_KEY_WRONG(file)
      }
      return values
    },
    seal,
    open,
    sealNote: (note, owner) => seal(JSON.stringify(note), owner),
    openNote: (note, owner) => JSON.parse(open(note ?? '', owner)) as string | null
  }
}
