/** Where stored plans are found, for sub-plans that are named. It does not compile, and gives no plan of another tenant. */
export interface PlanLookup {
  /** The document of `name` or `name@version` with its exact name, undefined when it is not stored. Without a version: the newest. */
  find(reference: string): { readonly name: string; readonly document: unknown } | undefined;
  /** Names without versions. */
  names(): readonly string[];
}
