/** Ways to write a mobile number that mean another one, in E.164: as written, and as the country writes it today. */
const OLD_FORMS: readonly (readonly [RegExp, string])[] = [
  // Mexico dropped the mobile 1, and the prefixes before it, in 2019. Contacts of messengers still have it.
  [/^\+52(?:1|0?4[45]|0[12])(\d{10})$/, '+52$1'],
  // Brazil's ninth digit, since 2016. Eight digits that start with 7 may be a trunked radio: left alone.
  [/^\+55(\d\d)([689]\d{7})$/, '+55$19$2'],
  // Argentina: the 9 of international calls together with the 15 of local ones.
  [/^\+549(\d{2,4})15(\d{6,8})$/, '+54$115$2'],
  // Benin put 01 in front of every number in 2024.
  [/^\+229(\d{8})$/, '+22901$1'],
  // Gabon put 0 in front of the old numbers in 2019; both forms are still known to be valid.
  [/^\+241([2-7]\d{6})$/, '+2410$1']
]

/** The number as its country writes it today. */
export function currentForm (e164: string): string {
  return OLD_FORMS.reduce((number, [form, current]) => number.replace(form, current), e164)
}

/** Forms that an earlier release, or another system, may have stored the number in. Few countries have any. */
export function earlierForms (e164: string): string[] {
  const back: readonly (readonly [RegExp, string])[] = [
    [/^\+52(\d{10})$/, '+521$1'],
    [/^\+55(\d\d)9([689]\d{7})$/, '+55$1$2'],
    [/^\+22901(\d{8})$/, '+229$1'],
    [/^\+2410([2-7]\d{6})$/, '+241$1']
  ]
  return back.flatMap(([form, earlier]) => form.test(e164) ? [e164.replace(form, earlier)] : [])
}

/** Every form that the Core may hold the number in: as it is, and the earlier ones. */
export const storedForms = (e164: string): string[] => [e164, ...earlierForms(e164)]
