/** The model that comes with Moka. */
@org.jspecify.annotations.NullMarked
package moka.models;
