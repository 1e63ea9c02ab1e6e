/** Memory of sequences: keys and values, grown with use. */
@org.jspecify.annotations.NullMarked
package moka.engine.cache;
