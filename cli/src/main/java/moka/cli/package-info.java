/** Commands, one class each, and what they share: streams, options, errors. */
@org.jspecify.annotations.NullMarked
package moka.cli;
