// Gives the program Node's own stack traces back.
//
// Pulumi's start script installs source-map-support, and its runtime takes a stack trace for each output of each
// resource, so that every one of them is mapped: a third of a preview of The Oracle (measured with --cpu-prof). Node
// runs these sources as they are, with lines and columns unchanged; there is nothing to map.
Reflect.deleteProperty(Error, "prepareStackTrace");
