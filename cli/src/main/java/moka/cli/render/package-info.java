/** Tables, quantities and progress as text. */
@org.jspecify.annotations.NullMarked
package moka.cli.render;
