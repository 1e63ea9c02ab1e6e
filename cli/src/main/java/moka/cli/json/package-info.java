/** JSON as the program reads and writes it. */
@org.jspecify.annotations.NullMarked
package moka.cli.json;
