// The version of this build, put in by build.mjs.
declare const BUILD_VERSION: string | undefined;

/** Version from package.json; `development` when the source runs unbuilt. */
export const version: string = typeof BUILD_VERSION === "string" ? BUILD_VERSION : "development";
