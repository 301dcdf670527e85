/* The interior point method: what its parts share. */

#ifndef BRICKGPT_INTERIOR_H
#define BRICKGPT_INTERIOR_H

#include "paper.h"

/* A symmetric matrix by the rows that meet, and its factor; `slot` (rows, rows) is where each entry's value is. */
typedef struct {
    int rows, words;
    uint64_t *meet;
    int *at, *row; /* entries of each column of the factor, in the order of elimination */
    int *place;    /* (rows) when each is eliminated */
    int *slot, *target;
    double *value, *diagonal; /* all entries, of which the last `rows` are the diagonal's */
    double *inverse, *scratch;
    size_t products;
} Factor;

int new_factor(Factor *factor, int rows);
void meet(Factor *factor, const int *row, int count);
int arrange(Factor *factor);
void decompose(Factor *factor);
void back_solve(const Factor *factor, double *right);

/* The rows of a pair, and what a force between its bricks and its levers add to each. */
typedef struct {
    int count, row[8];
    double part[8][3]; /* of the force, and of its levers along x and y from the middle */
    double x, y;       /* the middle of the pair */
} Spread;

/* Columns, each with what it is (x) and what it lacks to pay (s): their product goes to zero. */
typedef struct {
    int count;
    double *x, *s, *dx, *ds;
    double *over; /* what the product is to change by */
} Both;

typedef struct {
    const Model *model;
    Factor factor;
    Spread *spread; /* (pairs) */
    int simple, presses, residuals; /* columns: supports by eights, then where presses and imbalances begin */
    int terms;
    Both plain, pull, room, largest; /* `room`: how far each pull is below the largest */
    double *cost, *whole, *each;
    double *missed, *missed_pull, *missed_set; /* by how much the duals miss */
    double *ratio, *ratio_pull, *sum; /* x / s; of pulls, then 1 / (x / s + that of its room) */
    double *share;                    /* of each pull in a rise of the largest */
    double *kappa, *tau, *base, *earn, *earn_pull;
    double *y, *dy, *left;
    Plane *plane;
    int *row, *rows; /* of each brick's block, and where they begin */
    int *local;      /* (pairs, 8) the place of each pair's rows in its brick's block */
    int *slot, *slots;
    double *block;
} Interior;

int find_blocks(Interior *in);
void assemble(Interior *in);
void earnings(Interior *in, const double *y);
void subtract(const Interior *in, const double *x, const double *pull, double *left);
int first_point(const Model *model, int brick);
int last_point(const Model *model, int brick);

int new_interior(Interior *in, const Model *model);
int approach(Interior *in);

#endif
