// SPDX-License-Identifier: Apache-2.0

// Sums the rows of the live entries below a manifest list, with iceberg-go.
// usage: iceberg_go_rows LIST
package main

import (
	"fmt"
	"os"

	"github.com/apache/iceberg-go"
	iceio "github.com/apache/iceberg-go/io"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	list, err := os.Open(os.Args[1])
	must(err)
	manifests, err := iceberg.ReadManifestList(list)
	must(err)
	var rows int64
	for _, manifest := range manifests {
		entries, err := manifest.FetchEntries(iceio.LocalFS{}, true)
		must(err)
		for _, entry := range entries {
			rows += entry.DataFile().Count()
		}
	}
	fmt.Println(rows)
}
