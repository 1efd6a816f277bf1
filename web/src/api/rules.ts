import { answered, client, type Schemas } from "./client";

/** A type whose fields are all there, as those with defaults are in answers; but for conditions on attributes. */
type Complete<T> = T extends (infer Each)[]
  ? Complete<Each>[]
  : T extends object
    ? { [Key in Exclude<keyof T, "attributes">]-?: Complete<Exclude<T[Key], undefined>> } & Pick<T, Extract<keyof T, "attributes">>
    : T;

export type Rule = Complete<Schemas["Rule"]>;
export type Move = Complete<Schemas["Move"]>;
export type PresentRules = Complete<Schemas["PresentRules"]>;
export type RuleVersion = Schemas["RuleVersion"];
export type Preview = Schemas["PreviewResponse"];

export function presentRules(signal: AbortSignal): Promise<PresentRules> {
  return answered(client.GET("/rules", { signal })) as Promise<PresentRules>;
}

/** Replace all rules; it fails if somebody else has changed those of `version` meanwhile. */
export function replaceRules(version: string, rules: Rule[]): Promise<PresentRules> {
  return answered(client.PUT("/rules", { body: { version, rules } })) as Promise<PresentRules>;
}

export function ruleVersions(signal: AbortSignal): Promise<RuleVersion[]> {
  return answered(client.GET("/rules/versions", { signal }));
}

export async function rulesOf(version: string): Promise<Rule[]> {
  const { rules } = await answered(client.GET("/rules/versions/{version}", { params: { path: { version } } }));
  return rules as Rule[];
}

/** Search without rules, and with these. */
export function preview(rules: Rule[], query: string, time: string | null, signal: AbortSignal): Promise<Preview> {
  return answered(client.POST("/rules/preview", { body: { rules, query, time, k: 12 }, signal }));
}
