package moka.template.jinja.tree;

/** Where to go after a statement. */
enum Flow {
    NEXT,
    BREAK,
    CONTINUE
}
