export * from "./types";
export { ApiProblem, type ApiCode } from "./problem";
export { createApi, type Api, type Paging } from "./client";
export type { ApiOptions } from "./http";
