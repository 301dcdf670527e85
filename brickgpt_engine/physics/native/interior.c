/* The interior point method: forces and a motion that are both nearly optimal, in some twenty steps whatever the
   structure, where the simplex may take thousands of pivots. Mehrotra's predictor and corrector (1992).

   The rows of the program that tie each pull to its brick's largest, and the columns of these, are eliminated by hand:
   what is left is a symmetric matrix over the rows of the structure, to which each brick adds a block of the rows that
   it and the bricks below it have. */

#include "interior.h"

#include <math.h>
#include <string.h>

/* Where it begins: forces, pulls and what is left over, centinewtons and stud pitches, and what columns lack to pay. */
#define FORCES 30.0
#define PULLS 10.0
#define LEFT_OVER 10.0
#define LACK 0.1
/* Steps go so far towards where something would vanish. */
#define NEARLY 0.99
/* Where it ends: the mean product of a force and what it lacks, and what rows and duals miss. */
#define CLOSE 1e-4
#define MISSED 1e-3

enum { MOST_STEPS = 60, GROUPS = 4 };

#define LENGTH(lines) ((int)(sizeof(lines) / sizeof *(lines)))

static int new_lines(double ***line, int lines, int count) {
    size_t size = sizeof(double) * (size_t)(count + 8);
    for (int k = 0; k < lines; k++) {
        *line[k] = take(size);
        if (!*line[k])
            return 0;
        memset(*line[k], 0, size);
    }
    return 1;
}

static int new_both(Both *both, int count) {
    double **lines[] = {&both->x, &both->s, &both->dx, &both->ds, &both->over};
    both->count = count;
    return new_lines(lines, LENGTH(lines), count);
}

int new_interior(Interior *in, const Model *model) {
    int n = model->n, points = model->points, rows = model->rows;
    *in = (Interior){.model = model, .presses = 8 * model->pairs};
    in->residuals = in->presses + model->presses;
    in->simple = in->residuals + 6 * n;
    double **simple[] = {&in->cost, &in->missed, &in->ratio, &in->earn};
    double **of_points[] = {&in->missed_pull, &in->ratio_pull, &in->sum, &in->share, &in->base, &in->earn_pull};
    double **of_bricks[] = {&in->whole, &in->each, &in->missed_set, &in->kappa, &in->tau};
    double **of_rows[] = {&in->y, &in->dy, &in->left};
    in->spread = take(sizeof(Spread) * (size_t)(model->pairs + 1));
    in->plane = take(sizeof(Plane) * (size_t)(model->pairs + n + 1));
    return in->spread && in->plane && new_lines(simple, LENGTH(simple), in->simple) &&
           new_lines(of_points, LENGTH(of_points), points) && new_lines(of_bricks, LENGTH(of_bricks), n) &&
           new_lines(of_rows, LENGTH(of_rows), rows) && new_both(&in->plain, in->simple) &&
           new_both(&in->pull, points) && new_both(&in->room, points) && new_both(&in->largest, n) && find_blocks(in);
}

/* What is known of each column until the next step. */
FAST static void prepare(Interior *in) {
    const Model *model = in->model;
    double *restrict ratio = in->ratio;
    for (int j = 0; j < in->simple; j++)
        ratio[j] = in->plain.x[j] / in->plain.s[j];
    for (int i = 0; i < model->n; i++) {
        double kappa = in->largest.s[i] / in->largest.x[i];
        int end = last_point(model, i);
#pragma omp simd reduction(+ : kappa)
        for (int q = first_point(model, i); q < end; q++) {
            double own = in->pull.x[q] / in->pull.s[q], both = 1.0 / (own + in->room.x[q] / in->room.s[q]);
            in->ratio_pull[q] = own;
            in->sum[q] = both;
            in->share[q] = own * both;
            kappa += both;
        }
        in->kappa[i] = kappa;
    }
}

/* The step at which every product changes by its `over`, and rows and duals miss nothing. */
FAST static void direct(Interior *in) {
    const Model *model = in->model;
    Both *plain = &in->plain, *pull = &in->pull, *room = &in->room, *largest = &in->largest;
    for (int j = 0; j < in->simple; j++)
        plain->dx[j] = plain->over[j] / plain->s[j] - in->ratio[j] * in->missed[j];
    for (int i = 0; i < model->n; i++) {
        double tau = largest->over[i] / largest->x[i] - in->missed_set[i];
        int first = first_point(model, i), end = last_point(model, i);
#pragma omp simd reduction(+ : tau)
        for (int q = first; q < end; q++) {
            double own = pull->over[q] / pull->s[q] - in->ratio_pull[q] * in->missed_pull[q];
            double base = own + room->over[q] / room->s[q];
            tau += base * in->sum[q];
            in->base[q] = base;
            pull->dx[q] = own - in->share[q] * base;
        }
        in->tau[i] = tau = tau / in->kappa[i];
        for (int q = first; q < end; q++)
            pull->dx[q] += in->share[q] * tau;
    }
    memcpy(in->dy, in->left, sizeof(double) * (size_t)model->rows);
    subtract(in, plain->dx, pull->dx, in->dy);
    back_solve(&in->factor, in->dy);
    earnings(in, in->dy);
    for (int j = 0; j < in->simple; j++) {
        plain->dx[j] += in->ratio[j] * in->earn[j];
        plain->ds[j] = in->missed[j] - in->earn[j];
    }
    for (int i = 0; i < model->n; i++) {
        int first = first_point(model, i), end = last_point(model, i);
        double rise = 0.0, fall = 0.0;
#pragma omp simd reduction(+ : rise)
        for (int q = first; q < end; q++)
            rise += in->share[q] * in->earn_pull[q];
        rise = in->tau[i] + rise / in->kappa[i];
#pragma omp simd reduction(+ : fall)
        for (int q = first; q < end; q++) {
            double down = (in->base[q] + in->ratio_pull[q] * in->earn_pull[q] - rise) * in->sum[q];
            double own = in->missed_pull[q] - in->earn_pull[q] + down;
            double change = pull->over[q] / pull->s[q] - in->ratio_pull[q] * own;
            room->ds[q] = down;
            pull->ds[q] = own;
            pull->dx[q] = change;
            room->dx[q] = rise - change;
            fall += down;
        }
        largest->dx[i] = rise;
        largest->ds[i] = in->missed_set[i] - fall;
    }
}

/* The largest share by which a step would lessen anything, where there is any greater than `most`. */
FAST static double worst(const double *x, const double *dx, int count, double most) {
#pragma omp simd reduction(max : most)
    for (int j = 0; j < count; j++) {
        double share = -dx[j] / x[j];
        most = share > most ? share : most;
    }
    return most;
}

/* How far forces and duals can go before one of them vanishes, up to `most`. */
static void longest(Both *const *all, double most, double *forces, double *duals) {
    double one = 1.0 / most, other = one;
    for (int k = 0; k < GROUPS; k++) {
        one = worst(all[k]->x, all[k]->dx, all[k]->count, one);
        other = worst(all[k]->s, all[k]->ds, all[k]->count, other);
    }
    *forces = 1.0 / one;
    *duals = 1.0 / other;
}

FAST static double products(const Both *both, double forces, double duals) {
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < both->count; j++)
        sum += (both->x[j] + forces * both->dx[j]) * (both->s[j] + duals * both->ds[j]);
    return sum;
}

/* Towards zero; then towards `target`, less what the first direction would add. */
FAST static void aim(Both *both, double target, double correct) {
    for (int j = 0; j < both->count; j++)
        both->over[j] = target - both->x[j] * both->s[j] - correct * both->dx[j] * both->ds[j];
}

FAST static void step(Both *both, double forces, double duals) {
    for (int j = 0; j < both->count; j++) {
        both->x[j] += forces * both->dx[j];
        both->s[j] += duals * both->ds[j];
    }
}

static void put(Interior *in, int column, double x, double s) {
    in->plain.x[column] = x;
    in->plain.s[column] = s;
    in->terms++;
}

static void begin(Interior *in) {
    const Model *model = in->model;
    for (int i = 0; i < model->n; i++) {
        int first = first_point(model, i), end = last_point(model, i), own = in->residuals + 6 * i;
        double dear = model->dear[i], whole = COST_SET * dear, each = COST_PULL * dear;
        for (int c = 8 * model->first[i]; c < 8 * model->first[i + 1]; c++)
            put(in, c, FORCES, LACK);
        for (int k = 0; k < 6; k++) {
            double cost = dear * (k < 2 ? COST_FORCE : COST_TORQUE);
            in->cost[own + k] = cost;
            put(in, own + k, LEFT_OVER / cost, cost);
        }
        in->whole[i] = whole;
        in->each[i] = each;
        in->largest.x[i] = 2.0 * PULLS;
        in->largest.s[i] = whole / 2.0;
        for (int q = first; q < end; q++) {
            in->pull.x[q] = in->room.x[q] = PULLS;
            in->room.s[q] = whole / 2.0 / (end - first);
            in->pull.s[q] = in->room.s[q] + each;
        }
        in->terms += 1 + 2 * (end - first);
    }
    for (int s = 0; s < model->presses; s++)
        put(in, in->presses + s, FORCES, LACK);
}

/* By how much rows and duals miss. */
FAST static void look(Interior *in) {
    const Model *model = in->model;
    memcpy(in->left, model->load, sizeof(double) * (size_t)model->rows);
    subtract(in, in->plain.x, in->pull.x, in->left);
    earnings(in, in->y);
    for (int j = 0; j < in->simple; j++)
        in->missed[j] = in->cost[j] - in->earn[j] - in->plain.s[j];
    for (int i = 0; i < model->n; i++) {
        int first = first_point(model, i), end = last_point(model, i);
        double sum = 0.0;
        for (int q = first; q < end; q++) {
            in->missed_pull[q] = in->each[i] - in->earn_pull[q] + in->room.s[q] - in->pull.s[q];
            sum += in->room.s[q];
        }
        in->missed_set[i] = in->whole[i] - sum - in->largest.s[i];
    }
}

static double most_of(const double *line, int count) {
    double most = 0.0;
    for (int k = 0; k < count; k++)
        most = fabs(line[k]) <= most ? most : fabs(line[k]); /* what is not a number counts */
    return most;
}

/* Goes near an optimum; 0 where it does not get there. */
int approach(Interior *in) {
    const int rows = in->model->rows;
    Both *all[GROUPS] = {&in->plain, &in->pull, &in->room, &in->largest};
    double before = 0.0;
    begin(in);
    for (int round = 0; round < MOST_STEPS; round++) {
        double gap = 0.0, after = 0.0, forces, duals;
        look(in);
        for (int k = 0; k < GROUPS; k++)
            gap += products(all[k], 0.0, 0.0) / in->terms;
        double missed = most_of(in->left, rows);
        if (!(gap < 1e30 && missed < 1e30))
            return 0;
        /* Near the end rounding may have the upper hand, and rows miss more than before. */
        if (gap < CLOSE && ((missed < MISSED && most_of(in->missed, in->simple) < MISSED) || missed > 4.0 * before))
            return 1;
        before = missed;
        prepare(in);
        assemble(in);
        decompose(&in->factor);
        for (int k = 0; k < GROUPS; k++)
            aim(all[k], 0.0, 0.0);
        direct(in);
        longest(all, 1.0, &forces, &duals);
        for (int k = 0; k < GROUPS; k++)
            after += products(all[k], forces, duals) / in->terms;
        double target = after / gap * after / gap * after;
        for (int k = 0; k < GROUPS; k++)
            aim(all[k], target, 1.0);
        direct(in);
        longest(all, 1.0 / NEARLY, &forces, &duals);
        for (int k = 0; k < GROUPS; k++)
            step(all[k], NEARLY * forces, NEARLY * duals);
        for (int i = 0; i < rows; i++)
            in->y[i] += NEARLY * duals * in->dy[i];
    }
    return 0;
}
