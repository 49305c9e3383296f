@cap:shared-eni @req:FLT-1 @fault:identity
Feature: Never the wrong pod
  A node has one to three addresses left, on which pods come and go. Clients in a pod
  beside them and in one of another node know a pod by its addresses and keep trying
  it over TCP and UDP, IPv4 and IPv6, each from one port, also after it is gone and as
  long as its addresses must rest. Servers answer with their pod's UID.

  Scenario: Clients that keep trying reach the pod that they mean, or none
    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config address_rest     | "600ms"                |
      | config allocate_timeout | "20s"                  |
      | config max_pool_size    | 12                     |
    And a node "n2"
    And a pod "z" on "n1"
    And a pod "y" on "n2"
    And 9 pods on "n1"
    When pods come and go on "n1", 2 at a time, whose addresses rest 600 ms, and "z" and "y" try those that they mean 2000 times
    Then only the pod that was meant ever answered

  @slow
  Scenario Outline: A hundred thousand tries with <free>
    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config address_rest     | "1s"                   |
      | config allocate_timeout | "20s"                  |
      | config max_pool_size    | 12                     |
    And a node "n2"
    And a pod "z" on "n1"
    And a pod "y" on "n2"
    And <standing> pods on "n1"
    When pods come and go on "n1", <lanes> at a time, whose addresses rest 1000 ms, and "z" and "y" try those that they mean <tries> times
    Then only the pod that was meant ever answered

    Examples:
      | free            | standing | lanes | tries |
      | one address     | 10       | 1     | 20000 |
      | three addresses | 8        | 3     | 80000 |
