/** Filters, tests and global functions of the template language. */
@org.jspecify.annotations.NullMarked
package moka.template.jinja.builtin;
