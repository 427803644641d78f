// Command pulumi-resource-docker is the upstream Docker provider behind Pulumi's Terraform bridge, for machines that
// reach package registries but not Pulumi's plugin downloads. It is the code of the official plugin: the same
// upstream provider and the same bridge. It lacks docker:index/image:Image, which is not part of the upstream
// provider.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"

	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// version is set by the linker to the version of the @pulumi/docker SDK that the program uses.
var version = "0.0.0"

// The upstream provider is a little newer than the one in the official plugin: a change of these properties replaces
// the container, there it updates it. A stack must show the same preview with both, so they are set back; AppService
// asks for the replacement itself.
var updatedInPlace = []string{"device_cgroup_rules", "healthcheck"}

func upstream() *schema.Provider {
	p := provider.New(version)()
	for _, name := range updatedInPlace {
		p.ResourcesMap["docker_container"].Schema[name].ForceNew = false
	}
	return p
}

func providerInfo() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(upstream()),
		Name:        "docker",
		Version:     version,
		DisplayName: "Docker",
		Repository:  "https://github.com/pulumi/pulumi-docker",
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				Value:   "unix:///var/run/docker.sock",
			}},
			// A list in the SDK, under a name in the singular.
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Tok: "docker:index/container:Container",
				Fields: map[string]*tfbridge.SchemaInfo{
					// The SDK keeps these two names as they are; the bridge would make plurals of them.
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
				// As in the official plugin. AppService turns it off for stateless containers.
				DeleteBeforeReplace: true,
			},
			"docker_image": {
				Tok: "docker:index/remoteImage:RemoteImage",
				// The name says what to pull: naming the field keeps auto-naming away from it.
				Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}},
			},
			"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("docker_", "index", tokens.MakeStandard("docker")))
	info.SetAutonaming(255, "-")
	return info
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-names" {
		if err := printNames(providerInfo()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// GetSchema gets the head only: the program's types come from the @pulumi/docker SDK.
	tfbridge.Main("docker", version, providerInfo(), []byte(`{"name":"docker","version":"`+version+`"}`))
}
