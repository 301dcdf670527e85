/* The published stability problem by a simplex of its own: what the parts share.

   The formulation is that of force_model.py and condensed.py with every standing brick free: a row for each
   brick's vertical balance, and two (along x and y) for each joint, the faces that meet in one stud plane. The
   duals of the rows are a motion: each brick rises, and tilts by the difference of its two joints. Forces are
   centinewtons, lengths stud pitches, costs thousandths of the published unit. */

#ifndef BRICKGPT_PAPER_H
#define BRICKGPT_PAPER_H

#include <stddef.h>
#include <stdint.h>

enum { GROUND = -1, NO_ROW = -1, MOST_ENTRIES = 160, MOST_POINTS = 64 };

/* Answers of brickgpt_paper: an optimum with its proof, or why there is none here. Where memory is out on the way,
   NOT_FOUND may stand for NO_MEMORY. */
enum { OPTIMAL = 0, NO_MEMORY = 1, FAR = 2, LEANS = 3, NOT_PROVEN = 4, NOT_FOUND = 5, TOO_LARGE = 6, SLOW = 7 };

/* Internal units per newton and per unit of the published objective, and the published costs in these: of a force or
   torque left over, of a brick's largest pull, and of each pull. force_model.py has the same. */
#define FORCE 100.0
#define COST 1000.0
#define COST_FORCE 1000.0
#define COST_TORQUE 7.8
#define COST_SET 1.0
#define COST_PULL 1e-3
/* What a column may earn beyond its cost, and how far below zero a force may be, where an optimum is proven. */
#define UNUSED 1e-7
#define SLIP 1e-6
#define ENDLESS 1e30
/* How far below zero a basic value may be while pivots go on, and what a column must earn to enter by the primal rule. */
#define FEASIBLE 1e-9
#define PAYS 1e-11

/* On common processors the inner loops are compiled twice and chosen when the library is loaded. */
#if defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define FAST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__GNUC__) && __GNUC__ >= 7 && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define FAST __attribute__((target_clones("arch=haswell", "default"))) /* it does not know the levels yet */
#else
#define FAST
#endif

/* Four at a time. */
typedef double Wide __attribute__((vector_size(32), may_alias));
typedef int64_t Mask __attribute__((vector_size(32), may_alias));
static inline int any(const Mask *mask) { return ((*mask)[0] | (*mask)[1] | (*mask)[2] | (*mask)[3]) != 0; }

/* A brick on a brick, or on the baseplate: the cells in which they meet, and where its corners and points begin. */
typedef struct {
    int upper, lower;
    int low[2], high[2];
    int corners; /* at 8 times the pair's number; the rest of the 8 is filled with the first */
    int point, points;
} Pair;

/* A plane over x and y: what a unit support at a place would earn. */
typedef struct {
    double at, x, y;
} Plane;

typedef struct {
    int more, less;
} Press;

typedef struct {
    int n;
    const int64_t *box; /* (n, 5) h, w, x, y, z */
    const double *weight; /* (n) newtons */
    const double *dear; /* (n) what each brick's costs are multiplied by for the tie-break */
    const double *lean; /* (n, 2) newtons times stud pitches by which what it carries besides leans; NULL for none */
    int pairs, points, presses;
    Pair *pair;
    int *first; /* (n + 1) first pair of each upper brick */
    double *corner_x, *corner_y; /* (pairs, 8) */
    uint8_t *bit; /* (points) of each point in a set of its brick's pulls: four for each cell of the brick */
    double *point_x, *point_y;
    double *cx, *cy;
    uint8_t *standing;
    int *order; /* (n) bricks, lowest first */
    int rows;
    int *vertical; /* (n + 1) row; the last is the baseplate's */
    int *bottom, *top; /* (n + 1) row along x of the joint at each face; along y it is the next */
    int *joint_bottom, *joint_top; /* (n) joints by number, 0 for the baseplate's */
    int joints;
    Press *press;
    int *press_second, *press_first; /* twice the joint that each press is at, and its axis */
    int *press_on, *press_by; /* bricks of each press */
    double *load; /* (rows) */
    int far;
} Model;

typedef enum { SUPPORT, PRESS, RESIDUAL, SET, SLACK } Kind;

/* A column: a corner, a press, brick * 6 + direction, a brick and its points, or a row. */
typedef struct {
    Kind kind;
    int which;
    uint64_t mask;
} Column;

/* Entries of a sparse matrix, line after line. */
typedef struct {
    int count, room, *at;
    double *value;
} Strip;

enum { MOST_ETAS = 100 };

/* Sparse factors of a basis: L and U by columns, and a column for each pivot since. */
typedef struct {
    int count;
    Strip low, up, eta;
    int *low_from, *up_from, *eta_from; /* where each column begins, and the last ends */
    int *row, *turn;                    /* the row of each pivot, and the pivot of each row */
    uint8_t *seen;
    int *often;                         /* how many columns have an entry in each row */
    double *diagonal, *work, *eta_pivot;
    int etas, *eta_at;
} Factors;

/* A brick that stands on one other alone: its rows, the basic columns that it has in them, and their inverse. */
typedef struct {
    int brick, row[3];
    Column column[3];
    double inverse[3][3];
} Leaf;

/* A structure without such bricks. Of these, each comes before the one that it stands on. Then, what each brick, pair and
   row of the core is in the whole; presses have the same numbers in both. */
typedef struct {
    Model core;
    int count;
    Leaf *leaf;
    int *brick, *pair, *row;
    int64_t *box;
    double *weight, *dear, *lean;
} Peeled;

typedef struct Hung Hung;

typedef struct {
    const Model *model;
    int m, ld;
    double *inverse;      /* (m, ld): for each basic column, what a unit in each row adds to it */
    Factors *factors;     /* in its place, where there are any */
    Hung *hung;           /* or the basis of the core, where it is one of the whole */
    Column *basic;        /* (m) */
    double *x, *y, *cost; /* basic values, duals, basic costs */
    double *shift;        /* what is added to basic costs so that duals from elsewhere hold; it goes with its column */
    double *measure;      /* squared lengths of the inverse's lines, or what stands for them */
    double *alpha, *rho, *spare;
    int *some, slacks; /* positions that began with a slack, while the dual simplex is at work */
    int *chosen;
    int pivots, repairs;
    int most;        /* pivots that the dual simplex may take */
    double work;     /* how many entries of the inverse pivots have changed */
    double patience; /* after how many the dual simplex ends SLOW */
    int plain;       /* whether costs are the published ones, without the tie-break's share */
} Simplex;

struct Hung {
    Simplex *core;
    const Peeled *peeled;
    double *line;
};

/* Memory of a workspace, the calling thread's from now on, and some of it until its next call; NULL where there is none. */
void start_over(void *from);
void *take(size_t bytes);

int all_stand(const Model *model);
int build_model(Model *model, const int32_t *grid, int dim);

int entries(const Model *model, Column column, int *row, double *value);
double column_cost(const Model *model, Column column, int plain);
double worth_of(const Model *model, Column column, const double *y);
void sort_columns(const Model *model, Column *column, int count);
void planes(const Model *model, const double *y, Plane *plane);
void brick_planes(const Model *model, const double *y, Plane *plane);
static inline double at_place(Plane plane, double x, double y) { return plane.at + plane.x * x + plane.y * y; }

int first_columns(const Model *model, Column *column, double *down);

/* What an optimum leaves for that of a structure with bricks gone and at most one new: basic columns by what they are
   made of, and how each brick moves. */
typedef struct {
    int64_t kind, one, other, mask;
} Kept;
typedef struct {
    double rise, bottom[2], top[2], dear; /* not a number where the brick floats */
} Motion;
int keep(const Simplex *simplex, Kept *kept, Motion *motion);
int take_up(Simplex *simplex, const Kept *kept, int count, const Motion *motion, const int *origin, Column *column);
int priced(Simplex *simplex, double slack);

int new_simplex(Simplex *simplex, const Model *model);
int settle(Simplex *simplex, const Column *column, int count);
void image(const Simplex *simplex, Column column, double *alpha);
void line_of(const Simplex *simplex, int position, double *rho);
void weigh(Simplex *simplex);
void solve_x(Simplex *simplex);
void solve_y(Simplex *simplex);
void hold_duals(Simplex *simplex);
void let_duals_go(Simplex *simplex);
int exchange(Simplex *simplex, int position, Column column);
int mend(Simplex *simplex);
int full(const Simplex *simplex);
int begin_again(Simplex *simplex);

int invert(Simplex *simplex, const Column *column, int count);
void image_of_inverse(const Simplex *simplex, int count, const int *row, const double *value, double *alpha);
void weigh_inverse(Simplex *simplex);
void add_lines_by(const Simplex *simplex, const double *left, double *x);
void add_lines(const Simplex *simplex, const double *left, double *y);
void exchange_inverse(Simplex *simplex, int position);

int new_factors(Simplex *simplex);
int factorize(Simplex *simplex, const Column *column, int count);
void forward(const Simplex *simplex, double *x);
void backward(const Simplex *simplex, double *y);
int exchange_factors(Simplex *simplex, int position);

int peel(Peeled *peeled, const Model *model);
int hang(Simplex *simplex, Simplex *core, const Peeled *peeled);
int take_down(Simplex *simplex);
void add_hung_values(const Simplex *simplex, double *left, double *x);
void add_hung_duals(const Simplex *simplex, const double *left, double *y);

int near_optimum(Simplex *simplex, Column **column, int *count);

int climb_dual(Simplex *simplex);
int climb_primal(Simplex *simplex);
int proven(Simplex *simplex);

int begin_afresh(Simplex *simplex, int way);
int go_on_from(Simplex *simplex, Model *model, const Kept *kept, int count, const Motion *motion, const int *origin);
int settle_costs(Simplex *simplex);

#endif
