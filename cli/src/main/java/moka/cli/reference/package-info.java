/** The command line described: for the page of all options, manual pages and the completions of shells. */
@org.jspecify.annotations.NullMarked
package moka.cli.reference;
