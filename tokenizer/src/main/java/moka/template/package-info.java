/** Chat messages and the Jinja templates that turn them into a prompt. */
@org.jspecify.annotations.NullMarked
package moka.template;
