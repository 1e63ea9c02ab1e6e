/** Model families, one a file, over shared operations. */
@org.jspecify.annotations.NullMarked
package moka.engine.architecture;
