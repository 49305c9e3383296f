@cap:shared-eni @cap:cni-gc @cap:cni-1.1.0 @req:FLT-14 @req:CNI-6 @fault:collect
Feature: GC frees exactly what is not listed

  Scenario Outline: Of four pods, GC spares <listed>
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    And a pod "c" on "n1"
    And a pod "d" on "n1"
    When the runtime collects garbage but for <listed>
    Then it succeeds
    And "d" has no link eth0 any more
    When a pod "z" comes to "n1"
    Then pods, cloud, kernel and reports of "n1" come to agree
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | listed                                               |
      | nothing                                              |
      | "a"                                                  |
      | "a", "b", "c"                                        |
      | "b", "c" and for sandboxes that nobody added         |
