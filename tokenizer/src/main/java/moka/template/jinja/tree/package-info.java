/** The parsed template: statements that execute themselves and expressions that evaluate themselves. */
@org.jspecify.annotations.NullMarked
package moka.template.jinja.tree;
