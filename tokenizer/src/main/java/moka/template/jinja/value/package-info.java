/** What templates compute with: values that behave as Python's do, texts that know whom they came from, and the limits of a run. */
@org.jspecify.annotations.NullMarked
package moka.template.jinja.value;
