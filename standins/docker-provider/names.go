package main

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// property is what a test compares with the SDK's types and the official schema.
type property struct {
	// Input tells whether a program may set it.
	Input bool `json:"input"`
	// Replace tells whether a change replaces the resource.
	Replace bool `json:"replace,omitempty"`
	// Nested holds the properties of an object, or of the objects in a list.
	Nested map[string]property `json:"nested,omitempty"`
}

// printNames writes the resources as Pulumi sees them, by type token and property name. The bridge makes these names
// at run time, so asking it is the only way to know them.
func printNames(info tfbridge.ProviderInfo) error {
	resources := map[string]map[string]property{}
	for name, resource := range info.Resources {
		schema := info.P.ResourcesMap().Get(name).Schema()
		resources[string(resource.Tok)] = properties(schema, resource.Fields)
	}
	return json.NewEncoder(os.Stdout).Encode(resources)
}

func properties(schema shim.SchemaMap, fields map[string]*tfbridge.SchemaInfo) map[string]property {
	result := map[string]property{}
	schema.Range(func(key string, value shim.Schema) bool {
		name := tfbridge.TerraformToPulumiNameV2(key, schema, fields)
		replace := value.ForceNew()
		if field := fields[key]; field != nil && field.ForceNew != nil {
			replace = *field.ForceNew
		}
		entry := property{Input: value.Optional() || value.Required(), Replace: replace}
		if nested, ok := value.Elem().(shim.Resource); ok {
			entry.Nested = properties(nested.Schema(), nil)
		}
		result[name] = entry
		return true
	})
	return result
}
