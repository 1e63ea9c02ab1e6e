/** Models on this machine and where they come from: names, the store, downloads, and the stores of other programs. */
@org.jspecify.annotations.NullMarked
package moka.cli.store;
