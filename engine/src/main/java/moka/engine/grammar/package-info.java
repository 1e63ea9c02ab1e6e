/**
 * Output held to a grammar: GBNF and JSON schemas.
 *
 * <p>{@code text → GbnfParser | SchemaConverter → Expression by rule → GrammarCompiler → PushdownAutomaton}: immutable, in a
 * {@link moka.engine.grammar.Grammar}. At run time {@code StackSets} makes the automaton deterministic as far as it is used: a state is a
 * set of stacks, and each step from it is computed once. {@link moka.engine.grammar.GrammarConstraint} walks a trie of the vocabulary
 * with these states to tell the sampler which tokens may come next.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.grammar;
